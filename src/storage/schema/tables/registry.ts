/** Models, their versions, and the bytes they are made of. */
export interface RegistryTables {
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
}
