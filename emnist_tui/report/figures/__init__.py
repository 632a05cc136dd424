"""SVG figures of a report: confusion matrix, contact sheets and training curves."""
