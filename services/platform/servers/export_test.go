package servers

// Dir is where the server's data are.
func (s *Server) Dir() string { return s.dir }
