"""What a run came to: running sums, the equity curve, and every metric made of them."""
