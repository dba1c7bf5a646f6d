export type { Lane, LaneRun } from './lane.ts'
export { LaneSet, type OpenLane } from './lane-set.ts'
export { openLoopLane } from './loop.ts'
export { endThreadAhead, openThreadLane, startThreadAhead } from './thread.ts'
