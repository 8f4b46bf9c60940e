"""Tables that the paper quotes of each study."""

QUOTED = {
    "anatomy": (
        "events",
        "collapse",
        "floors",
        "direction_shares",
        "precursors",
        "hierarchy",
        "order_prediction",
        "detector_validity",
        "sensitivity",
        "lead_differences",
        "smallest_leads",
        "llc_validity",
    ),
    "parity": (
        "constants",
        "crossings",
        "deviations",
        "entropy_slopes",
        "scaling_exponents",
        "power_laws",
        "staging",
        "detector_error",
        "measure_tracking",
        "rule_outcomes",
    ),
    "neuromfa": (
        "run_means",
        "untrained",
    ),
    "language": (
        "events",
        "direction_shares",
        "phase_shares",
        "precursors",
        "hierarchy",
    ),
    "interventions": (
        "clock_laws",
        "clock_shares",
        "arm_effects",
        "method_effects",
        "early_accuracy",
    ),
}
