/** What starts pipelines beside pushes. */
export interface TriggersTables {
  schedules: {
    id: string
    project: string
    description: string
    cron: string
    time_zone: string
    ref: string
    variables: string
    inputs: string
    owner: string
    active: number
    next_run_at: number | null
    pending: string | null
    last_run_at: number | null
    last_outcome: string | null
    created_at: number
  }
  merge_requests: {
    id: string
    project: string
    number: number
    title: string
    description: string
    source: string
    target: string
    state: string
    head: string
    author: string
    needs_success: number
    draft: number
    labels: string
    external: string | null
    merge_commit: string | null
    created_at: number
    ended_at: number | null
  }
  mirrors: {
    project: string
    hook: string
    forge: string
    url: string
    api_url: string | null
    credentials: string | null
    hook_secret: string
    statuses: number
    owner: string
    wanted: number
    done: number
    synced_at: number | null
    outcome: string | null
    created_at: number
  }
  deliveries: { hook: string; delivery: string; digest: string; event: string; received_at: number }
  forge_statuses: {
    pipeline: string
    project: string
    wanted: string
    posted: string | null
    tries: number
    next_try_at: number | null
    problem: string | null
  }
}
