"""Mail texts, chat texts and charts, made from frozen rows."""
