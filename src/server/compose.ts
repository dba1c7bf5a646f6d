import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createToken } from '../access/index.ts'
import { createLogger, diskFull, messageOf, systemClock } from '../core/index.ts'
import { gitFrontDoor, lfsFrontDoor } from '../git/index.ts'
import type { StoreKeeper } from '../registry/index.ts'
import { DiskLfsPartials, openSqlite } from '../storage/index.ts'
import { Authenticator } from './access/authenticate.ts'
import { bootstrap } from './access/bootstrap.ts'
import { RateLimit } from './access/rate-limit.ts'
import { Vault } from './access/vault.ts'
import { Background } from './background.ts'
import { ProjectCaches } from './caches/project-caches.ts'
import { ChangeFeed } from './changes.ts'
import type { ControlPlane, ServerSettings } from './control-plane.ts'
import { DeliveryDesk } from './delivery/desk.ts'
import { EnvironmentStops } from './delivery/environments/stops.ts'
import { Previews } from './delivery/previews/previews.ts'
import { ServerError } from './errors.ts'
import { MergeRequestActions } from './merge-requests/actions.ts'
import { MergeRequestFollower } from './merge-requests/follow.ts'
import { StatusPoster } from './mirrors/statuses/poster.ts'
import { MirrorSync } from './mirrors/sync.ts'
import { HeldRollouts } from './notifications/held.ts'
import { Notifier } from './notifications/notifier.ts'
import { PipelineActions } from './pipelines/actions.ts'
import { AttemptDesk } from './pipelines/attempts.ts'
import { Dispatcher } from './pipelines/dispatch.ts'
import { Downstream } from './pipelines/engine/downstream.ts'
import { OldLogs } from './pipelines/keeping/old-logs.ts'
import { AttemptLogs } from './pipelines/logs/logs.ts'
import { PipelineReconciler } from './pipelines/reconcile.ts'
import { startPipeline } from './pipelines/starting/start.ts'
import { PushAcceptance } from './pushes/acceptance.ts'
import { ControlPlaneGitHost } from './pushes/git-host.ts'
import { controlPlaneLfsHost } from './registry/lfs/host.ts'
import { openKeeper } from './registry/store/open.ts'
import { StoreWork } from './registry/store/work.ts'
import { RetentionKeeper } from './registry/versions/retention.ts'
import { GatewayCalls } from './requests/gateway-calls.ts'
import { QualityBoard } from './requests/quality.ts'
import { RolloutActions } from './rollouts/actions.ts'
import { EvidenceKeeper } from './rollouts/evidence/keeper.ts'
import { Fleet } from './rollouts/fleet.ts'
import { FallbackTeller } from './rollouts/forms.ts'
import { Gateways } from './rollouts/gateways.ts'
import { LaterLabelsWatch } from './rollouts/later-labels.ts'
import { LatestCounts } from './rollouts/latest-counts.ts'
import { OutcomeKeeper } from './rollouts/outcomes.ts'
import { Publisher } from './rollouts/publisher.ts'
import { RolloutReconciler } from './rollouts/reconcile.ts'
import { LateSigner } from './rollouts/records/late-signer.ts'
import { TrafficMeter } from './rollouts/traffic.ts'
import type { Services } from './services.ts'
import { Launcher } from './triggers/launch.ts'
import { ScheduleReconciler } from './triggers/schedules/reconcile.ts'

export interface Composition {
  readonly services: Services
  /** Goes on where the last process stood: pushes, pipelines, rollouts; then ticks. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Log-ins: ten wrong ones at once, then one every ten seconds. */
const LOGIN_BURST = 10
const LOGIN_EVERY_MS = 10_000
/** A partial upload of Git LFS this old belongs to nobody any more. */
const ABANDONED_MS = 24 * 3_600_000
/** Leases and holds end by time alone; everything else is driven by events. */
const TICK_MS = 1000

/** Wires the control plane: adapters to ports, reconcilers to each other. The only place that knows them all. */
export async function compose(settings: ServerSettings): Promise<Composition> {
  const { plane, keeper } = await openPlane(settings)
  await bootstrap(plane)
  const authenticator = new Authenticator(plane)
  const logins = new RateLimit(plane.clock, LOGIN_BURST, LOGIN_EVERY_MS)
  const logs = new AttemptLogs(settings.dataDir)
  await logs.prepare()
  const own = createToken()
  const pipelines = new PipelineReconciler(plane)
  const fleet = new Fleet(plane)
  const gateways = new Gateways()
  const publisher = new Publisher(plane, fleet, own.hash)
  const [quality, traffic] = [new QualityBoard(), new TrafficMeter()]
  const evidence = new EvidenceKeeper(plane, quality, traffic)
  const rollouts = new RolloutReconciler(plane, fleet, publisher, gateways, pipelines, evidence)
  pipelines.deployWith(rollouts)
  pipelines.followWith(new Downstream(plane, pipelines, startPipeline))
  const pushes = new PushAcceptance(plane, pipelines)
  const host = new ControlPlaneGitHost({ plane, authenticator, logins, pushes })
  const partials = await DiskLfsPartials.open(join(settings.dataDir, 'lfs-uploads'))
  await partials.sweep(ABANDONED_MS)
  const lfsHost = controlPlaneLfsHost({ plane, partials, authorize: host.authorize })
  const follower = new MergeRequestFollower(plane, pushes, startPipeline)
  // What takes as long as the network does keeps no tick waiting.
  const outward = new Background(plane.logger)
  const statuses = new StatusPoster(plane, outward)
  const held = new HeldRollouts(plane, id => rollouts.holdingReason(id))
  const notifier = new Notifier(plane, outward, held)
  const launcher = new Launcher(plane, pipelines, startPipeline)
  const schedules = new ScheduleReconciler(plane, launcher)
  const stops = new EnvironmentStops(plane, pipelines, rollouts)
  rollouts.previewWith(new Previews(plane, stops))
  pushes.followWith((push, project) => stops.follow(push, project))
  const desk = new AttemptDesk(plane, pipelines, logs)
  const delivery = new DeliveryDesk(plane, pipelines, pushes)
  desk.deliverWith(delivery)
  const services: Services = {
    plane,
    authenticator,
    logins,
    logs,
    projectCaches: new ProjectCaches(settings.dataDir),
    pipelines,
    dispatcher: new Dispatcher(plane, pipelines),
    desk,
    pipelineActions: new PipelineActions(plane, pipelines),
    stops,
    mergeRequests: new MergeRequestActions(plane, pushes, follower),
    mirrors: new MirrorSync(plane, pushes, follower, partials, outward),
    launcher,
    schedules,
    fleet,
    publisher,
    traffic,
    latest: new LatestCounts(),
    rollouts,
    gateways,
    gatewayCalls: new GatewayCalls(),
    quality,
    outcomes: new OutcomeKeeper(plane),
    rolloutActions: new RolloutActions(plane, rollouts, publisher, gateways, fleet),
    retention: new RetentionKeeper(plane),
    keeper,
    storeWork: new StoreWork(plane, keeper),
    git: gitFrontDoor({ host, hooksDir: join(settings.dataDir, 'run', 'git-hooks'), logger: plane.logger }),
    lfs: lfsFrontDoor({ host: lfsHost, clock: plane.clock, logger: plane.logger }),
    predictSecret: own.secret,
  }
  return { services, ...lifeOf(services, { pushes, follower, statuses, notifier, outward, delivery }) }
}

async function openPlane(
  settings: ServerSettings,
): Promise<{ readonly plane: ControlPlane; readonly keeper: StoreKeeper }> {
  await makeFolders(settings.dataDir)
  const stores = await openSqlite(join(settings.dataDir, 'ballast.db'))
  const [clock, logger] = [systemClock, createLogger('server')]
  const keeper = await openKeeper(settings, { stores, clock, logger })
  const vault = new Vault(settings.dataDir)
  const plane = { settings, stores, blobs: keeper.store, vault, changes: new ChangeFeed(), clock, logger }
  return { plane, keeper }
}

async function makeFolders(dataDir: string): Promise<void> {
  try {
    for (const folder of ['', 'repositories', 'run', 'secrets'])
      await mkdir(join(dataDir, folder), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw (
      diskFull(cause, dataDir) ??
      new ServerError('DATA_FOLDER_UNUSABLE', {
        message: `The data folder ${dataDir} can't be used: ${messageOf(cause)}`,
        hint: 'Choose a folder that you may write to with --data.',
        cause,
      })
    )
  }
}

interface Unseen {
  readonly pushes: PushAcceptance
  readonly follower: MergeRequestFollower
  readonly statuses: StatusPoster
  readonly notifier: Notifier
  readonly outward: Background
  readonly delivery: DeliveryDesk
}

/** `unseen`: parts that no route calls. */
function lifeOf(
  services: Services,
  { pushes, follower, statuses, notifier, outward, delivery }: Unseen,
): Omit<Composition, 'services'> {
  const { plane, fleet, quality, publisher, rollouts, pipelines, dispatcher, schedules, desk, git } = services
  const background = new Background(plane.logger)
  const storing = new Background(plane.logger)
  const oldLogs = new OldLogs(plane, services.logs)
  const fallbacks = new FallbackTeller(plane, fleet)
  const signer = new LateSigner(plane)
  const laterLabels = new LaterLabelsWatch(plane, quality, fleet, rollouts)
  let timer: NodeJS.Timeout | undefined
  let stopTelling: (() => void) | undefined
  return {
    async start() {
      await git.start()
      await pushes.settleAll()
      await publisher.publish()
      await pipelines.resume()
      await follower.resume()
      await services.mirrors.prepare()
      await delivery.tick()
      stopTelling = await statuses.start()
      await rollouts.reconcileAll()
      fleet.reported.on(() =>
        background.run('a host report could not be followed', async () => {
          await publisher.publish()
          await rollouts.reconcileAll()
          await fallbacks.tell()
        }),
      )
      timer = setInterval(() => {
        if (storing.idle) storing.run('the store could not be kept', () => services.storeWork.tick())
        // A tick that takes longer than a second is not joined by the next.
        if (!background.idle) return
        background.run('a tick failed', async () => {
          await desk.expire()
          await pipelines.startDue()
          await dispatcher.explain()
          await delivery.tick()
          await services.stops.tick()
          await publisher.publishIfStale()
          await rollouts.reconcileAll()
        })
        background.run('mirrors could not be looked at', () => services.mirrors.tick())
        outward.run('old logs could not be removed', () => oldLogs.tick())
        outward.run('statuses could not be told', () => statuses.tick())
        outward.run('records could not be signed', () => signer.tick())
        outward.run('notifications could not be looked at', () => notifier.tick())
        background.run('labels of what serves could not be looked at', () => laterLabels.tick())
        background.run('schedules could not be looked at', () => schedules.tick())
        background.run('versions could not be looked through', () => services.retention.tick())
      }, TICK_MS)
    },
    async close() {
      clearInterval(timer)
      await git.close()
      await services.lfs.close()
      stopTelling?.()
      services.mirrors.stop()
      notifier.stop()
      await services.keeper.close()
      await storing.settled()
      await background.settled()
      await outward.settled()
      await rollouts.settled()
      await plane.stores.close()
    },
  }
}
