"""The staff's web app: who is signed in, what they may see, and the conversations that people have."""
