"""Bytes on disk: text, tables, YAML with line numbers, tensors, atomic writes."""
