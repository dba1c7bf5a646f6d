import type { Defaults, Globals } from '../keywords/global.ts'
import type { JobKeys } from '../keywords/job/job.ts'
import { INHERITABLE, type Inheritable } from '../keywords/job/work/inherit.ts'
import type { WrittenJob } from '../keywords/read.ts'

/** A job's keys, and of those that it does not have the defaults that it inherits. Nothing is merged into a key. */
export function withDefaults({ keys }: WrittenJob, globals: Globals): JobKeys {
  const chosen = keys.inherit?.default ?? true
  const wanted = (key: Inheritable): boolean => (typeof chosen === 'boolean' ? chosen : chosen.includes(key))
  const defaults: Defaults = { ...topLevel(globals), ...globals.default }
  const missing = INHERITABLE.filter(
    key => keys[key] === undefined && defaults[key] !== undefined && wanted(key) && applies(key, keys),
  )
  return { ...keys, ...Object.fromEntries(missing.map(key => [key, defaults[key]])) }
}

function topLevel({ image, services, cache, before_script, after_script }: Globals): Partial<Defaults> {
  const all: Partial<Defaults> = { image, services, cache, before_script, after_script }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** A trigger job and one that mirrors another pipeline run nothing, and steps have no scripts around them. */
function applies(key: Inheritable, keys: JobKeys): boolean {
  if (keys.trigger || keys.needs?.mirror !== undefined) return key === 'interruptible'
  return !(keys.run && (key === 'before_script' || key === 'after_script'))
}
