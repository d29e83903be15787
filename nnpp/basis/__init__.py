"""How functions are made finite: plane waves, their differences, and operators between them."""
