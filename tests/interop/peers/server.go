// A server of Go's standard library: usage: server FOLDER PORT SECURE CERT
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	folder, port, secure, cert := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	http.Handle("/", http.FileServer(http.Dir(folder)))
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		io.Copy(w, r.Body)
	})
	http.HandleFunc("/how", func(w http.ResponseWriter, r *http.Request) {
		bytes, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, r.Method, r.ContentLength, bytes, err)
	})
	http.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		file, head, err := r.FormFile("file")
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		bytes, _ := io.Copy(io.Discard, file)
		fmt.Fprintln(w, r.FormValue("name"), head.Filename, bytes)
	})
	http.HandleFunc("/refuse", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "too much", 413) })
	http.Handle("/moved", http.RedirectHandler("/small.txt", 307))
	http.Handle("/loop", http.RedirectHandler("/loop", 302))
	http.HandleFunc("/trailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "with trailers\n")
		w.Header().Set("X-Sum", "1")
	})
	http.HandleFunc("/private", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "secret" {
			http.Error(w, "who?", 401)
			return
		}
		io.WriteString(w, "welcome\n")
	})
	http.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "not all")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	log.SetOutput(io.Discard)
	go http.ListenAndServe("127.0.0.1:"+port, nil)
	http.ListenAndServeTLS("127.0.0.1:"+secure, cert+"/localhost.crt", cert+"/localhost.key", nil)
}
