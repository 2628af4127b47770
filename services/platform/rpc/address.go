package rpc

import (
	"fmt"
	"net"
	"strings"
)

// Address is a setting: the host:port of a service, or several joined by commas. Every replica behind each is used in turn.
type Address string

// UnmarshalText refuses what is not host:port.
func (a *Address) UnmarshalText(text []byte) error {
	*a = Address(text)
	for one := range strings.SplitSeq(string(text), ",") {
		if err := hostPort(one); err != nil {
			return err
		}
	}
	return nil
}

func hostPort(address string) error {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return fmt.Errorf("must be host:port, such as 127.0.0.1:9090, not %q", address)
	}
	return nil
}

// CheckAddress refuses what is not host:port; setting is the key that the complaint names.
func CheckAddress(setting, address string) error {
	if err := hostPort(address); err != nil {
		return fmt.Errorf("%s %w", setting, err)
	}
	return nil
}

// CheckListen refuses what is not host:port and, unless safe, an address beyond loopback; remedy is what would make that one safe.
func CheckListen(setting, address string, safe bool, remedy string) error {
	if err := CheckAddress(setting, address); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); !safe && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s %s is not a loopback address; %s", setting, address, remedy)
	}
	return nil
}
