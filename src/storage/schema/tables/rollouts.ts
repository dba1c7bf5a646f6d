/** How versions come to serve, and what does. */
export interface RolloutsTables {
  rollouts: {
    id: string
    project: string
    model: string
    environment: string
    candidate: string
    stable: string | null
    strategy: string
    phase: string
    step: number
    weight: number
    created_at: number
    step_started_at: number
    ended_at: number | null
    reason: string | null
    job: string | null
    asked_by: string
    revision: number
    traffic: string | null
    calendar: string | null
    override: string | null
    supersede: number | null
    superseded_by: string | null
    pause: string | null
    promote_from: string | null
  }
  rollout_changes: {
    rollout: string
    position: number
    at: number
    phase: string
    step: number
    weight: number
    reason: string
    analysis: string | null
    decision: string | null
  }
  rollout_counts: {
    rollout: string
    step: number
    epoch: string
    arm: string
    requests: number
    errors: number
    latency: string
  }
  rollout_outcomes: {
    rollout: string
    step: number
    ledger: string
    arm: string
    counted: number
    rewards: string
    correct: string
  }
  rollout_pairs: {
    rollout: string
    step: number
    epoch: string
    pairs: number
    identical: number
    agreed: number
    compared: number
    primary_errors: number
    mirror_errors: number
    dropped: number
    primary_latency: string
    latency: string
  }
  rollout_records: {
    rollout: string
    sequence: number
    payload: string
    signing_key: string | null
    signature: string | null
    unsigned: string | null
  }
  rollout_evidence: { rollout: string; changes: number; state: string; curve: string }
  deployments: {
    model: string
    environment: string
    project: string
    stable: string
    previous: string | null
    since: number
    traffic: string | null
    previous_until: number | null
  }
}
