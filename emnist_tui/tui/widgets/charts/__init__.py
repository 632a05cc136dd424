"""Charts of loss and accuracy over the steps of training."""
