"""Statistical process control: is a measure changing, and will it meet its target?"""
