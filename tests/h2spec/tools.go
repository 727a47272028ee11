//go:build tools

// Package tools names the program that run.sh builds, so that go.mod pins it and all it needs.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
