"""Points around centres, with the number of each point's centre: what clusters and classes are tried on."""

import numpy as np


def blobs(chance, classes, per_class, dimension, spread):
    centers = chance.normal(size=(classes, dimension))
    labels = np.repeat(np.arange(classes), per_class)
    points = centers[labels] + spread * chance.normal(size=(len(labels), dimension))
    return np.round(points, 3), labels
