"""How far one product meets a building block's published contract, judged so that it can't be played."""
