//go:build peers

// Package peers pins, by version and checksum, the Go programs that the interoperation tests talk to.
package peers

import _ "github.com/dtn7/dtn7-go/cmd/dtnd"
