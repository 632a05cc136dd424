"""Training by several processes, the ranks of torchrun.

Rank 0 trains as a process alone does. It sends commands to the others while all are idle; then all do the same work,
and exchange one vector a step, until one of them has a request, on which all become idle.

    group              the process group: tensors, reasons of failures, the end
    team               commands and vectors between rank 0, the leader, and the others
    vector             the exchanged vector
    leader             rank 0, behind the interface `training.ranks.Ranks` of the trainer
    follower           every other rank
    shared_control     the user's requests, obeyed by all ranks at the same step
    shared_evaluation  the predictions of a split

The steps are those of `training.steps.distributed`.
"""
