"""Renders the sample street scenes, labels them exactly, and simulates two models on them.

``layout`` composes a scene, ``renderer`` draws it and keeps an object number per pixel, ``labelling`` turns those
pixels into labels, ``models`` simulates the predictions, ``writers`` writes the files. Everything random comes from
generators seeded by (seed, frame), so that one frame never depends on another.
"""
