import { Readable } from 'node:stream'
import { z } from 'zod'
import {
  foreignFeedbackSchema,
  type GatewayReport,
  gatewayReportSchema,
  isRegion,
} from '../../../../api/index.ts'
import type { RolloutId } from '../../../../core/index.ts'
import {
  ARMS,
  checkCounts,
  checkPairs,
  type ShadowCounts,
  type StoredRollout,
} from '../../../../rollout/index.ts'
import { tableFor, type WavedTable } from '../../../rollouts/regions.ts'
import type { Services } from '../../../services.ts'
import { callerIn } from '../../guard.ts'
import { openEventStream } from '../../sse.ts'
import type { App } from '../../types.ts'
import { whileValid } from '../../while-valid.ts'

const GATEWAY = { access: { kind: 'agent', scope: 'agent:gateway' } } as const

export function gatewayRoutes(app: App, services: Services): void {
  const { publisher, gateways, gatewayCalls, plane } = services
  app.get('/api/v1/agents/gateway/stream', { config: GATEWAY }, (request, reply) => {
    reply.hijack()
    const name = nameOf(request.headers['ballast-gateway'])
    const region = regionOf(request.headers['ballast-region'])
    const pingData = () => gateways.lease(name, plane.clock.now())
    const stream = openEventStream(reply.raw, { pingEvent: 'lease', pingData })
    stream.onClose(whileValid(services, callerIn(request), stream))
    const send = (event: string, data: unknown) => stream.send({ event, data })
    stream.onClose(gatewayCalls.connect({ gateway: name ?? '', send }))
    const sendTable = (table: WavedTable) => stream.send({ event: 'table', data: tableFor(table, region) })
    stream.onClose(publisher.tableChanged.on(sendTable))
    if (publisher.table) sendTable(publisher.table)
  })
  app.post(
    '/api/v1/agents/gateway/report',
    { config: GATEWAY, schema: { body: gatewayReportSchema } },
    async (request, reply) => {
      await takeReport(services, request.body)
      return reply.status(204).send()
    },
  )
}

/** What gateways answer when they are asked, and tell each other. */
export function gatewayAnswerRoutes(app: App, { gatewayCalls }: Services): void {
  app.post(
    '/api/v1/agents/gateway/answers/:call',
    { config: GATEWAY, schema: { params: z.object({ call: z.string().max(64) }) } },
    async (request, reply) => {
      const isTaken =
        request.body instanceof Readable && (await gatewayCalls.answer(request.params.call, request.body))
      return reply.status(isTaken ? 204 : 404).send()
    },
  )
  app.post(
    '/api/v1/agents/gateway/feedback',
    { config: GATEWAY, schema: { body: foreignFeedbackSchema } },
    async (request, reply) => {
      gatewayCalls.tellOthers('feedback', request.body, nameOf(request.headers['ballast-gateway']))
      return reply.status(204).send()
    },
  )
}

/** As the gateway wrote it; undefined where it names itself not, or not so that it can be read. */
function nameOf(header: string | string[] | undefined): string | undefined {
  try {
    return typeof header === 'string' ? decodeURIComponent(header) : undefined
  } catch {
    return undefined
  }
}

/** Whatever is no name of a region counts as none. */
function regionOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && isRegion(header) ? header : undefined
}

type Shadow = { readonly rollout: { readonly id: string; readonly step: number } } & {
  readonly primary: string
  readonly mirror: string
  readonly counts: ShadowCounts
}

/** What a shadow step counted; nothing of a mirror that a file asks for. */
function shadowCountsOf(mirror: NonNullable<GatewayReport['mirrors']>[number]): readonly Shadow[] {
  const { rollout, primary, mirror: candidate, primaryLatency = {}, model, environment, ...counts } = mirror
  return rollout ? [{ rollout, primary, mirror: candidate, counts: { ...counts, primaryLatency } }] : []
}

/** Pairs of other versions, such as of a stable that was replaced meanwhile, say nothing of this rollout. */
async function takePairs(
  { plane, latest }: Services,
  { id, step, stable, candidate }: StoredRollout,
  epoch: string,
  { primary, mirror, counts }: Shadow,
): Promise<void> {
  if (primary !== stable || mirror !== candidate) return
  const requests = counts.pairs + counts.dropped
  if (!latest.isNewer([id, step, epoch, 'pairs'], { requests })) return
  await plane.stores.rollouts.savePairs(id, step, epoch, counts)
}

/** Counts are cumulative for each gateway process, so a repeated or late report changes nothing that is newer. */
async function takeReport(services: Services, report: GatewayReport): Promise<void> {
  const { plane, traffic, gateways, quality } = services
  // All or nothing: impossible counts would stand in the way of every later look at their rollout.
  for (const { arms } of report.rollouts) for (const counts of Object.values(arms)) checkCounts(counts)
  for (const counts of report.models) checkCounts(counts)
  const shadows = (report.mirrors ?? []).flatMap(shadowCountsOf)
  for (const { counts } of shadows) checkPairs(counts)
  traffic.add(report, plane.clock.now())
  gateways.report(report, plane.clock.now())
  quality.report(report.quality ?? [])
  const told = await services.outcomes.keep(report.quality ?? [])
  for (const { rollout: id, step, arms } of report.rollouts) {
    const rollout = await plane.stores.rollouts.byId(id as RolloutId)
    if (rollout?.phase !== 'progressing' || rollout.step !== step) continue
    for (const arm of ARMS) {
      const counts = arms[arm]
      if (counts && services.latest.isNewer([rollout.id, step, report.epoch, arm], counts))
        await plane.stores.rollouts.saveCounts(rollout.id, step, report.epoch, arm, counts)
    }
    for (const shadow of shadows)
      if (shadow.rollout.id === id && shadow.rollout.step === step)
        await takePairs(services, rollout, report.epoch, shadow)
    await movedOn(services, rollout)
  }
  for (const rollout of told)
    if (report.rollouts.every(({ rollout: id }) => id !== rollout.id)) await movedOn(services, rollout)
}

async function movedOn({ plane, rollouts }: Services, rollout: StoredRollout): Promise<void> {
  const { project, model, environment, id } = rollout
  await rollouts.reconcile(model, environment)
  plane.changes.tell({ kind: 'rollout', project, model, rollout: id })
}
