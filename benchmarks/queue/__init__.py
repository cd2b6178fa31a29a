"""How fast the two queues are."""
