"""What a data-protection officer asks of a run, answered from the mediator's log alone.

Counted here, said in `dpo.html` and `inventory.json`: who read which fields of how many people and why,
what was never used, what was asked although a register holds it, what was decided without a person.
What a block did inside itself is seen by nobody here, and nothing here claims to.
"""
