"""Gates as values, and what they say of an artifact: a pointer, an operator and a threshold in, a verdict out.

`gates`, the milestones of `bundle` and the triggers of `governance` are such gates.

- `model`       a gate, the artifact that it looks into, and its evaluation
- `pointers`    where a figure stands
- `documents`   artifacts as read, or why they do not count
- `judging`     the verdict
- `figures`     a figure and its threshold as people read them
"""
