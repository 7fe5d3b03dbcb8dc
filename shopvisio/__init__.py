"""ShopVisio: sell and repair by video, a self-hosted appliance for one independent shop."""

__version__ = "0.1.0"
