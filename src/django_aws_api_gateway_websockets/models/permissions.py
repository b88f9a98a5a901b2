"""The rows that decide which users may join a channel."""

from typing import Any, ClassVar

from django.contrib.auth.models import Permission
from django.core.validators import RegexValidator
from django.db import models, router

from .exact_text import ExactCharField
from .rows import Row


class ChannelPermission(Row):
    """The rule for joining one channel."""

    class Access(models.TextChoices):
        """The users a channel admits."""

        ALLOW_ALL = "allow_all", "Allow all"
        SUPERUSER_ONLY = "superuser_only", "Super admin only"
        STAFF_ONLY = "staff_only", "Staff only"
        PERMISSIONS = "permissions", "Requires Django permissions"

    channel_name = ExactCharField(
        max_length=128,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-zA-Z0-9_-]+$",
                "A channel name has letters, digits, underscores and hyphens only.",
            )
        ],
        help_text="The channel this rule is for, exactly as connections name it.",
    )
    access = models.CharField(
        max_length=16,
        choices=Access.choices,
        default=Access.ALLOW_ALL,
        help_text="Whom the channel admits.",
    )
    description = models.CharField(max_length=255, blank=True, default="")
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    # The channel this row was the rule of, while a save gives it to another one.
    old_channel = ""

    class Meta:
        ordering: ClassVar = ["channel_name"]

    def __str__(self) -> str:
        return f"{self.channel_name} ({self.get_access_display()})"

    @classmethod
    def for_channel(cls, name: str) -> "ChannelPermission | None":
        """Return the row for this channel, or None; one query."""
        return cls.objects.filter(channel_name=name).first()

    def allows(self, user: Any) -> bool:
        """Tell whether this user may join; an unknown access level admits nobody.

        Args:
            user: only `allow_all` admits None, anonymous and inactive users.
        """
        if self.access == self.Access.ALLOW_ALL:
            return True
        if self.access not in self.Access.values:
            return False
        if user is None or not user.is_authenticated or not user.is_active:
            return False
        if user.is_superuser:
            return True
        if self.access == self.Access.STAFF_ONLY:
            return bool(user.is_staff)
        return self.access == self.Access.PERMISSIONS and self._satisfies_a_rule(user)

    def _satisfies_a_rule(self, user: Any) -> bool:
        # An unsaved row, built by a project on the fly, cannot have rules yet.
        if self.pk is None:
            return False
        # A right granted a moment ago counts, and a replica may not have it yet.
        written_to = router.db_for_write(type(self))
        labelled = Permission.objects.using(written_to).select_related("content_type")
        rules = self.rules.prefetch_related(models.Prefetch("permissions", labelled))
        return any(rule.is_satisfied_by(user) for rule in rules)


class ChannelPermissionRule(Row):
    """A set of permissions, all of which a user needs; one satisfied rule opens the channel."""

    channel_permission = models.ForeignKey(
        ChannelPermission, on_delete=models.CASCADE, related_name="rules"
    )
    permissions = models.ManyToManyField(
        Permission,
        blank=True,
        related_name="channel_permission_rules",
        help_text="The user needs all of these. A rule without any is never satisfied.",
    )

    # The channel this set was of, while a save gives it to another one.
    old_channel = ""

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return " AND ".join(self._labels()) or "(no permissions)"

    def is_satisfied_by(self, user: Any) -> bool:
        """Tell whether the user has every permission of the rule; nobody satisfies an empty one."""
        labels = self._labels()
        return bool(labels) and bool(user.has_perms(labels))

    def _labels(self) -> list[str]:
        # `.all()` uses the prefetched rows; any other call would query for each rule.
        return [
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in self.permissions.all()
        ]
