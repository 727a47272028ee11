// httprouter as a contender of the router benchmark: httprouter-contender ROUTES REQUESTS.
// Requests go through ServeHTTP, as go-http-routing-benchmark sends them. The line protocol is told in bench/README.md.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/julienschmidt/httprouter"
)

type request struct {
	method, path string
	route        int
	captures     []string
}

// What the last handler saw.
var (
	seenRoute    int
	seenCaptures httprouter.Params
)

type noWriter struct{}

func (noWriter) Header() http.Header         { return http.Header{} }
func (noWriter) Write(p []byte) (int, error) { return len(p), nil }
func (noWriter) WriteHeader(int)             {}

func lines(name string) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func load(name string) []request {
	var requests []request
	for _, line := range lines(name) {
		words := strings.Split(line, "\t")
		route, err := strconv.Atoi(words[2])
		if err != nil {
			panic(err)
		}
		requests = append(requests, request{words[0], words[1], route, words[3:]})
	}
	return requests
}

func serve(router *httprouter.Router, r *http.Request, one *request) {
	r.Method = one.method
	r.RequestURI = one.path
	r.URL.Path = one.path
	router.ServeHTTP(noWriter{}, r)
}

func check(router *httprouter.Router, r *http.Request, requests []request) {
	for i := range requests {
		one := &requests[i]
		seenRoute = -1
		serve(router, r, one)
		if seenRoute != one.route || len(seenCaptures) != len(one.captures) {
			panic(fmt.Sprintf("%s %s went to route %d", one.method, one.path, seenRoute))
		}
		for j, want := range one.captures {
			if got := strings.TrimPrefix(seenCaptures[j].Value, "/"); got != want {
				panic(fmt.Sprintf("%s: capture %q, not %q", one.path, got, want))
			}
		}
	}
}

func main() {
	router := httprouter.New()
	for number, line := range lines(os.Args[1]) {
		method, path, _ := strings.Cut(line, " ")
		number := number
		router.Handle(method, path, func(_ http.ResponseWriter, _ *http.Request, captures httprouter.Params) {
			seenRoute = number
			seenCaptures = captures
		})
	}
	requests := load(os.Args[2])
	r := &http.Request{Method: "GET", URL: &url.URL{Path: "/"}}
	check(router, r, requests)
	fmt.Printf("checked %d\n", len(requests))

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		times, err := strconv.Atoi(strings.TrimSpace(input.Text()))
		if err != nil {
			panic(err)
		}
		start := time.Now()
		for ; times > 0; times-- {
			for i := range requests {
				serve(router, r, &requests[i])
			}
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
