"""Ways to take optimizer steps, one file or folder each.

The trainer asks a `Stepper` for steps and, later, for their results; `choose` picks it by network, recipe and device.

    stepper.Stepper                  the interface of all ways
      eager.EagerStepper             one step at a time, launched by the host
        batch_pass.BatchPass         the interface of a batch's loss and gradient
          autograd                   for any network, on any device
          cpu_batch_innermost        for small chains of layers, on the CPU
      device_stepper.DeviceStepper   chunks of steps, on buffers that stay on the device
        cuda_graph                   for any network whose step, by autograd, can be captured
        cuda_fused                   for the baseline, by two Triton kernels
"""
