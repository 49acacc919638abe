"""How the login library behaves here: accounts, second factors, known browsers."""
