"""Saliency: two maps of how much each piece of ink counts for a class.

Both measure in log odds, log(p / (1 - p)), as a probability hardly moves when the network is sure.
Neither proves why the network answered: they tell what its answer depends on near this picture and
on the way to a blank one. Maps that look convincing can be wrong (Adebayo et al., "Sanity checks
for saliency maps", 2018); where the two differ, trust neither.
"""

import numpy as np

from mnist_app.core.recognition.logits import GradientSource, LogitSource, log_odds

# Places on the way from a blank picture to the drawn one.
PATH = 48
# Gradients of neighbouring pixels alternate in sign: a blur of this many pixels makes them legible.
SPREAD = 1.5
# A patch wider than a stroke, moved by less than its width.
PATCH = 5
STRIDE = 2


def integrated_gradients(network: GradientSource, image: np.ndarray, target: int) -> np.ndarray:
    """Attribute the log odds of a class to each pixel, against a blank picture.

    Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks", 2017. It sees only ink that
    is there: paper that matters by being empty gets nothing. Unlike Grad-CAM, whose maps have the
    7 x 7 pixels of the last convolution, it tells the two sides of a stroke apart.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        target: index of the class.

    Returns:
        float32 (28, 28), above 0 what counts for the class, below 0 what counts against it. The sum
        is, but for the coarseness of `PATH`, the log odds of the picture less those of a blank one.
    """
    from scipy import ndimage

    ink = image.astype(np.float32) / 255
    fractions = ((np.arange(PATH) + 0.5) / PATH).astype(np.float32)
    _, gradients = network.gradients(fractions[:, None, None] * ink, target)
    # The default at the edge, a mirror, keeps the sum.
    return ndimage.gaussian_filter(ink * gradients.mean(axis=0), SPREAD)


def occlusion(network: LogitSource, image: np.ndarray, target: int) -> np.ndarray:
    """Measure for each pixel how much the log odds of a class fall when a patch is wiped.

    Zeiler, Fergus, "Visualizing and understanding convolutional networks", 2014, with paper in
    place of grey. It shows pieces that matter alone; two of which either is enough get nothing.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        target: index of the class.

    Returns:
        float32 (28, 28), the mean over all patches that cover a pixel, above 0 where wiping counts
        against the class, 0 where a patch holds no ink.
    """
    ink = image.astype(np.float32) / 255
    patches = _patches(ink.shape[0])
    wiped = np.where(patches, 0, ink)
    # A patch without ink changes nothing and need not be read.
    changed = (wiped != ink).any(axis=(1, 2))
    odds = log_odds(network.logits(np.concatenate([ink[None], wiped[changed]])), target)
    falls = np.zeros(len(patches), dtype=np.float32)
    falls[changed] = odds[0] - odds[1:]
    return np.tensordot(falls, patches, axes=1) / patches.sum(axis=0, dtype=np.float32)


def _patches(side: int) -> np.ndarray:
    """Mark each patch, bool (patches, side, side); those at the edge reach over it."""
    starts = np.arange(STRIDE - PATCH, side, STRIDE)
    places = np.arange(side)
    covers = (places >= starts[:, None]) & (places < starts[:, None] + PATCH)
    return (covers[:, None, :, None] & covers[None, :, None, :]).reshape(-1, side, side)
