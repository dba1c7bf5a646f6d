/** What jobs deliver by themselves, what is signed, and who is told. */
export interface DeliveryTables {
  environments: {
    id: string
    project: string
    name: string
    slug: string
    tier: string
    url: string | null
    state: string
    ref: string
    stop_job: string | null
    auto_stop_at: number | null
    reason: string | null
    stop_asked: number
    deployment: string | null
    model: string | null
    revision: number
    created_at: number
    updated_at: number
  }
  environment_deployments: {
    id: string
    environment: string
    attempt: string
    job: string
    pipeline: string
    commit_id: string
    ref: string
    principal: string
    state: string
    created_at: number
  }
  releases: {
    id: string
    project: string
    tag: string
    commit_id: string
    name: string
    description: string
    milestones: string
    links: string
    released_at: number
    created_at: number
    principal: string
    pipeline: string
    job: string
    made_tag: number
    state: string
  }
  signing_keys: {
    id: string
    purpose: string
    public_key: string
    sealed: string
    created_at: number
    retired_at: number | null
  }
  channels: {
    id: string
    project: string
    name: string
    kind: string
    news: string
    environments: string
    language: string
    held_after: number | null
    shown: string
    target: string
    active: number
    failures: number
    next_try_at: number
    created_at: number
  }
  notices: {
    id: string
    channel: string
    position: number
    news: string
    at: number
    occasion: string | null
    state: string
    tries: number
    tried_at: number | null
    status: number | null
    problem: string | null
  }
  broken_branches: { project: string; ref: string; pipeline: string; since: number }
}
