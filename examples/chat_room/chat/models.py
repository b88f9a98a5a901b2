"""A message of the room, and the frame that brought it."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction


class ChatMessage(models.Model):
    """One message in one room."""

    room = models.CharField(max_length=100, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    # Kept beside the user so that what was said still has a name after the user is deleted.
    username = models.CharField(max_length=150)
    message = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Two messages of one instant have an order too, or pages would disagree about it.
        ordering = ("created_at", "pk")

    def __str__(self) -> str:
        return f"[{self.room}] {self.username}: {self.message[:50]}"

    def as_payload(self) -> dict[str, object]:
        """Return what the page needs to show the message, and to recognise it a second time."""
        return {
            "id": self.pk,
            "username": self.username,
            "message": self.message,
            "created_at": self.created_at.isoformat(),
        }


class Receipt(models.Model):
    """The frame a message came in.

    A page that loses its connection cannot know whether its last frame arrived, so it sends it
    again. The receipt makes both frames one message.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    frame_id = models.CharField(max_length=64)
    message = models.OneToOneField(ChatMessage, on_delete=models.CASCADE)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "frame_id"], name="one_message_per_frame"),
        )

    def __str__(self) -> str:
        return self.frame_id


def store_message(room: str, user: User | None, text: str, *, frame_id: str | None) -> ChatMessage:
    """Store what `user` said in `room`, or return what the same frame stored before."""
    username = user.get_username() if user else "Anonymous"
    with transaction.atomic():
        if user is None or frame_id is None:
            return ChatMessage.objects.create(room=room, user=user, username=username, message=text)
        known = ChatMessage.objects.filter(receipt__user=user, receipt__frame_id=frame_id).first()
        if known:
            return known
        message = ChatMessage.objects.create(room=room, user=user, username=username, message=text)
        Receipt.objects.create(user=user, frame_id=frame_id, message=message)
        return message
