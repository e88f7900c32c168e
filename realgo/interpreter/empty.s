// Without an assembly file the compiler refuses functions that have no body (see runtime.go).
