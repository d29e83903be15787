"""What is learned: form factors v_s(q) and the strengths of the other terms."""
