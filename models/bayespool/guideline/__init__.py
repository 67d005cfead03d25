"""What a guideline panel takes away: findings per 1,000, certainty, decisions, judgements."""
