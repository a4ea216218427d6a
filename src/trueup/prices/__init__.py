"""WHAT IT COSTS: price lists, packs of credits, complimentary credits, margins, promo codes, tax rates."""
