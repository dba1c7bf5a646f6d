import type { Job, JobChange, JobState } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { PipelineReconciler } from '../../pipelines/reconcile.ts'

type Reconciler = Pick<PipelineReconciler, 'tell' | 'reconcile' | 'ready'>

/**
 * Has one job run by itself, whatever the others of its pipeline came to: from waiting for somebody, or from its
 * end. One that needs an approval waits for it, unless this is it. False when it runs already, or was moved meanwhile.
 */
export async function runAlone(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  reconciler: Reconciler,
  { id, pipeline, plan, state }: Job,
  reason: string,
  approved: boolean,
): Promise<boolean> {
  if (state === 'ready' || state === 'running') return false
  const waits = plan.approval !== undefined && !approved
  if (waits && state === 'waiting') return true
  // Before its job moves: one that runs is looked at again after a crash.
  await setGoing()
  const change = { now: clock.now(), reason }
  const moves = waits ? toWaiting(state, { ...change, reason: `${reason}; waits for approval` }) : []
  const [moved] = await stores.pipelines.moveJobs(
    waits ? moves.map(move => ({ id, ...move })) : [{ id, from: state, to: 'ready', change }],
  )
  if (moved && !waits) reconciler.ready.emit()
  await setGoing()
  const known = await stores.pipelines.pipeline(pipeline)
  if (known) reconciler.tell(known)
  await reconciler.reconcile(pipeline)
  return moved === true

  async function setGoing(): Promise<void> {
    const at = await stores.pipelines.pipeline(pipeline)
    if (at && at.state !== 'running')
      await stores.pipelines.movePipeline(pipeline, at.state, 'running', clock.now())
  }
}

/** From an end the way to waiting leads over blocked. */
function toWaiting(
  state: JobState,
  change: JobChange,
): readonly { readonly from: JobState; readonly to: JobState; readonly change: JobChange }[] {
  const last = { from: 'blocked', to: 'waiting', change } as const
  return state === 'blocked' ? [last] : [{ from: state, to: 'blocked', change }, last]
}
