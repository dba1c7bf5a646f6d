/** The tables as they are now, after all migrations: what Kysely's queries are checked against. */
export interface Tables {
  principals: { id: string; name: string; kind: string; admin: number; created_at: number }
  projects: {
    id: string
    name: string
    default_branch: string
    created_at: number
    protected_refs: string | null
  }
  roles: { principal: string; project: string; role: string }
  tokens: {
    id: string
    principal: string
    name: string
    hash: string
    scopes: string
    project: string | null
    created_at: number
    expires_at: number | null
    revoked_at: number | null
    last_used_at: number | null
    limits: string | null
  }
  policies: {
    project: string
    environment: string
    branches: string
    approvers: string | null
    gates: string
    max_first_step: number
    predictions: string
    limits: string | null
    calendar: string | null
    approval: string | null
    promote_from: string | null
  }
  secrets: {
    scope: string
    name: string
    environment: string
    project: string | null
    sealed: string
    kind: string
    protected: number
    masked: number
    literal: number
    created_at: number
  }
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
  models: { name: string; project: string }
  versions: {
    id: string
    project: string
    model: string
    number: number
    digest: string
    manifest: string
    job: string | null
    created_at: number
    commit_id: string
    expired_at: number | null
    expired_reason: string | null
  }
  version_records: {
    id: string
    version: string
    kind: string
    body: string
    job: string | null
    created_at: number
    origin: string | null
  }
  aliases: {
    model: string
    name: string
    project: string
    version: string
    protected: number
    moved_at: number
    moved_by: string
  }
  moves: {
    id: string
    project: string
    model: string
    place_kind: string
    place: string
    event: string
    version: string
    before_version: string | null
    weight: number | null
    at: number
    asked_by: string
    decision: string
    rollout: string | null
    rollback: number
    analysis: string | null
    reason: string
  }
  retention: { project: string; model: string; rules: string; set_at: number; set_by: string }
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
  held_jobs: { job: string; attempt: string; result: string | null; created_at: number }
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
  objects: {
    digest: string
    size: number
    state: string
    whole: number
    pack: string | null
    layout: string | null
    tries: number
    problem: string | null
    created_at: number
    touched_at: number
    used_at: number
    mark: number
  }
  object_holders: { project: string; digest: string; size: number; created_at: number; mark: number }
  object_hints: { digest: string; position: number; ancestor: string }
  object_quotas: { project: string; bytes: number }
  packs: { id: string; size: number; created_at: number }
  chunks: {
    digest: string
    pack: string
    offset: number
    stored: number
    length: number
    encoding: string
    base: string | null
    depth: number
    checksum: number
    mark: number
  }
  object_grants: {
    project: string
    digest: string
    size: number
    principal: string
    granted_at: number
  }
  lfs_locks: { id: string; project: string; path: string; principal: string; locked_at: number }
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
  counters: { name: string; value: number }
  settings: { name: string; value: string }
}
