// One import brings everything: the configuration, health, events and what an app implements stand
// in the generated module, the handle and its sequences in this one.

@_exported import GoliveFFI
