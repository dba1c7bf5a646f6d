/** Who may do what, and what is set. */
export interface AccessTables {
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
  counters: { name: string; value: number }
  settings: { name: string; value: string }
}
