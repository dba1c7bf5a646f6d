/** Pushes, and what they start. */
export interface PipelinesTables {
  pushes: {
    id: string
    project: string
    principal: string
    state: string
    changes: string
    options: string | null
    created_at: number
  }
  pipelines: {
    id: string
    project: string
    number: number
    commit_id: string
    ref: string
    title: string
    push: string | null
    principal: string
    state: string
    config: string
    problems: string
    created_at: number
    ended_at: number | null
    trigger_facts: string | null
    outline: string | null
    parent: string | null
    root: string | null
  }
  jobs: {
    id: string
    pipeline: string
    position: number
    plan: string
    state: string
    reason: string | null
    result: string | null
    started_at: number | null
    ended_at: number | null
    due_at: number | null
    forgiven: number | null
    variables: string | null
    inputs: string | null
    resource_group: string | null
  }
  attempts: {
    id: string
    job: string
    number: number
    state: string
    runner: string
    fence: number
    lease_until: number
    token_hash: string
    exit_code: number | null
    reason: string | null
    artifacts: string
    sandboxed: number
    log_bytes: number
    created_at: number
    started_at: number | null
    ended_at: number | null
    cause: string | null
    reports: string | null
    runner_labels: string | null
    keep_until: number | null
    reuse_key: string | null
  }
  held_jobs: { job: string; attempt: string; result: string | null; created_at: number }
}
