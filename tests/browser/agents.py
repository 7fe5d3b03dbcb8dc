"""What browsers, and apps that show pages in a window of their own, say they are."""

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-A546B)"
ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"

AGENTS = {
    "safari, iPhone": f"{IPHONE} Version/18.2 Mobile/15E148 Safari/604.1",
    "chrome, iPhone": f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
    "chrome, Android": f"{ANDROID} {ENGINE} Chrome/131.0.0.0 Mobile Safari/537.36",
    "samsung, Android": f"{ANDROID} {ENGINE} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    "firefox, Android": "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
    "chrome, Windows": f"{WINDOWS} {ENGINE} Chrome/131.0.0.0 Safari/537.36",
    "edge, Windows": f"{WINDOWS} {ENGINE} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "firefox, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "chrome, Mac": f"{MAC} {ENGINE} Chrome/131.0.0.0 Safari/537.36",
    "safari, Mac": f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15",
    "firefox, Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
}
INSIDE = {
    "Messenger": f"{ANDROID[:-1]}; wv) {ENGINE} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36 [FBAN/Orca-Android;]",
    "Facebook": f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/490.0.0.0;FBDV/iPhone14,5]",
    "Instagram": f"{IPHONE} Mobile/15E148 Instagram 360.0.0.0 (iPhone14,5; iOS 18_2; fr_FR)",
    "Google": f"{IPHONE} GSA/345.0.7 Mobile/15E148 Safari/604.1",
    "LinkedIn": f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.30",
    "TikTok": f"{ANDROID[:-1]}; wv) {ENGINE} Chrome/131.0.0.0 Mobile Safari/537.36 musical_ly_2023708050",
    "": f"{ANDROID[:-1]}; wv) {ENGINE} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36",
}
