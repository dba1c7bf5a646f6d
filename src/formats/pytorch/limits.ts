import { failuresOf } from '../errors.ts'

export const fail = failuresOf('PyTorch', 'Save the model again with torch.save, or fetch it again.')

/** A large mixture of experts has some 100,000 tensors, with its optimiser three times as many. */
export const MAX_TENSORS = 500_000
/** Containers in containers; an optimiser's state has five levels, a module as many as its tree. */
export const MAX_DEPTH = 200
/** One name; the longest, of modules in modules, have a few hundred characters. */
export const MAX_NAME = 4096
/** All names together, in characters. */
export const MAX_NAMES: number = 64 * 1024 * 1024
/** Scales and zero points of one tensor: one a channel. */
export const MAX_SCALES = 65_536
/** Values beside the tensors that are told: epoch, learning rates, hyper-parameters. */
export const MAX_METADATA = 300
/** A record of the archive that is one line: version, byte order. */
export const MAX_RECORD_BYTES = 4096
/** All code of a TorchScript archive: the largest models, traced, have a few megabytes. */
export const MAX_CODE_BYTES: number = 64 * 1024 * 1024
/** Methods of TorchScript; nodes of an exported program: a model of 100 layers has some 10,000. */
export const MAX_NODES = 1_000_000
/** An exported program as JSON: about 2 kB a node, stack traces included. */
export const MAX_PROGRAM_BYTES: number = 256 * 1024 * 1024
/** JSON values of an exported program: about 60 a node. */
export const MAX_PROGRAM_VALUES = 20_000_000
/** Graphs in the arguments of nodes: cond, while_loop, map. */
export const MAX_GRAPH_DEPTH = 32
