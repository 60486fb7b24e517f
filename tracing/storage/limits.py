"""How big the pieces of an event file may be: what writers keep to and readers rely on (rules S2, S7)."""

KIB = 1024
SMALLEST_MEMBER = 48 * KIB
"""Smaller ones would take more than 15% over one long stream (decision 030)."""
LARGEST_MEMBER = 256 * KIB
LONGEST_LINE = 8 * KIB * KIB
LONGEST_MEMBER = LARGEST_MEMBER + LONGEST_LINE
"""Raw bytes: a member closes with the line that fills it."""
_ALL_MEMBERS = 64 * KIB * KIB


def member_bytes(streaming_containers: int) -> int:
    """Raw bytes at which a member closes, when so many containers may stream: 64 MiB shared, 48 to 256 KiB each."""
    return min(max(_ALL_MEMBERS // max(1, streaming_containers), SMALLEST_MEMBER), LARGEST_MEMBER)
