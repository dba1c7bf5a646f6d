import type { ControlPlane } from '../control-plane.ts'
import type { PipelineReconciler } from '../pipelines/reconcile.ts'
import type { PipelineRequest, Started } from '../pipelines/starting/start.ts'

export type Start = (plane: ControlPlane, request: PipelineRequest) => Promise<Started>

/** Starts pipelines for everything that is no push: makes them, tells of them and sets them going. */
export class Launcher {
  readonly #plane: ControlPlane
  readonly #reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile'>
  readonly #start: Start

  constructor(plane: ControlPlane, reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile'>, start: Start) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#start = start
  }

  async launch(request: PipelineRequest): Promise<Started> {
    const started = await this.#start(this.#plane, request)
    if (started.kind === 'pipeline') {
      this.#reconciler.tell(started.pipeline)
      await this.#reconciler.reconcile(started.pipeline.id)
    }
    return started
  }
}
