"""learn: what is fitted on past decisions on top of the simulation, and how a fit is stored."""
