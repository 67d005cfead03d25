"""What is seen of a session: NiceGUI elements, no statistics and no words of the report's."""
