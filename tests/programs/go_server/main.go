// A static Go server. Given LISTEN_FDS (or AETERNA_FDS) it serves on descriptor 3, otherwise on
// 127.0.0.1:PORT. SIGTERM: no new connections, what is in flight is finished.
//
// go_server [PORT [VERSION_FILE]]; see program_mode.py for the version and the faults.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func argument(index int, variable, otherwise string) string {
	if len(os.Args) > index {
		return os.Args[index]
	}
	if value, ok := os.LookupEnv(variable); ok {
		return value
	}
	return otherwise
}

func readWord(path, otherwise string) string {
	text, err := os.ReadFile(path)
	if word := strings.TrimSpace(string(text)); err == nil && word != "" {
		return word
	}
	return otherwise
}

func showFault(mode string) {
	switch {
	case mode == "exit1":
		os.Exit(1)
	case mode == "crash":
		signal.Reset(syscall.SIGSEGV)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case mode == "hang":
		time.Sleep(1 << 62)
	case mode == "metrics_first":
		metrics, err := net.Listen("tcp", "127.0.0.1:"+argument(99, "METRICS_PORT", "0"))
		if err != nil {
			log.Fatal(err)
		}
		log.Fatal(http.Serve(metrics, http.NotFoundHandler()))
	case strings.HasPrefix(mode, "slow_start:"):
		seconds, _ := strconv.ParseFloat(mode[len("slow_start:"):], 64)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	}
}

func listener() (net.Listener, error) {
	if os.Getenv("LISTEN_FDS") != "" || os.Getenv("AETERNA_FDS") != "" {
		return net.FileListener(os.NewFile(3, "listener"))
	}
	return net.Listen("tcp", "127.0.0.1:"+argument(1, "PORT", "8080"))
}

func main() {
	file := argument(2, "VERSION_FILE", "version")
	version := readWord(file, "v0")
	mode := readWord(filepath.Join(filepath.Dir(file), "mode"), "ok")
	showFault(mode)
	l, err := listener()
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if mode == "die_on_first_request" {
			os.Exit(1)
		}
		fmt.Fprintf(w, "%s %d\n", version, os.Getpid())
	})}
	term := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		_ = server.Shutdown(context.Background())
		close(done)
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-done
}
