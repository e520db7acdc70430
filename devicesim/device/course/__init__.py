"""The course of a copy: what a transfer does, on a clock of its own, so that copies which begin alike share one.

A copy that has the same server, clients, files and regime as another, and that nothing disturbs, goes as the other
went, only later. A fleet of devices is mostly that. :class:`Courses` remembers what has been computed,
:class:`Course` is one copy's view of it, and takes a transfer of its own the moment that something comes between.
"""

from devicesim.device.course.course import Copying, Course
from devicesim.device.course.given import Given
from devicesim.device.course.memo import Courses
from devicesim.device.course.table import Table

__all__ = ["Copying", "Course", "Courses", "Given", "Table"]
