/** The largest models that people train have some 10,000 trees; each costs some 5 KB here. */
export const MAX_TREES = 100_000
/** Arrays of one tree; XGBoost writes sixteen, LightGBM twenty. */
export const MAX_TREE_ARRAYS = 64
/** Nodes of one tree, which `readTrees` holds at once: some 50 bytes each. Depth 20 gives two million. */
export const MAX_TREE_NODES = 16_000_000
/** Members of one object. */
export const MAX_MEMBERS = 10_000
/** Names of features and categories, and a user's attributes; click models have a million features. */
export const MAX_NAMES = 10_000_000
/** One name or value of a parameter. */
export const MAX_TEXT_BYTES = 1024 * 1024
/** All text that is kept of one file. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024
/** Objects and arrays within each other; XGBoost's own are nine deep. */
export const MAX_DEPTH = 64
/** Characters of one number: float64 takes 24 at most. */
export const MAX_NUMBER_LENGTH = 64
/** White space between two numbers: pretty printing indents by some dozen. */
export const MAX_GAP = 1024
/**
 * Text has no index: of a larger file the trees are told only when asked for, since that takes a pass through all
 * of it. What stands before and behind them tells everything else.
 */
export const WHOLE_BYTES: number = 16 * 1024 * 1024
/** How much is read at once. */
export const CHUNK_BYTES: number = 256 * 1024
